-- Give up a place in the queue; a slot needs no return, it lapses.
--
-- KEYS     sorted sets: tickets waiting by place and by appointment; hash: the limit
-- ARGV     ticket, with its class and seller

leave_queue(KEYS[1], KEYS[2], KEYS[3], ARGV[1])
return 1

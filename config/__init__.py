"""What an operator can change: settings, queues, schedule, logging; imports nothing of ours."""

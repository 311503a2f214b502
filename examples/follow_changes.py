"""Keep another database up to date with the change feed: which order has which status?"""

import json
import sqlite3
import subprocess
import sys

other = sqlite3.connect(sys.argv[1])
other.executescript("""
    CREATE TABLE IF NOT EXISTS place (one PRIMARY KEY, seq);
    CREATE TABLE IF NOT EXISTS statuses (shop, id, status, PRIMARY KEY (shop, id));
""")
place = other.execute("SELECT '--after', seq FROM place").fetchone() or ()
command = ["sellersync", "changes", "--follow", *map(str, place)]
feed = subprocess.Popen(command, stdout=subprocess.PIPE)
for line in feed.stdout or ():
    change = json.loads(line)
    with other:  # one transaction: what changed, and how far we are
        if change["stream"] == "orders" and "status" in change["fields"]:
            row = (change["shop_key"], change["id"], change["fields"]["status"][1])
            other.execute("REPLACE INTO statuses VALUES (?, ?, ?)", row)
        other.execute("REPLACE INTO place VALUES (1, ?)", (change["seq"],))
sys.exit(feed.wait())

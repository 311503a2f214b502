"""What leaves the database, and when: old changes, old page reads, old personal data."""

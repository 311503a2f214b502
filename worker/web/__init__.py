"""What a browser, a monitoring system or a marketplace asks over HTTP; says nothing in SQL."""

"""How people get in and stay in: signing in, sessions, second factors, links, and mails about it."""

"""What several rooms use: media feeds, listeners, logins, system events. It has no actor of its own."""

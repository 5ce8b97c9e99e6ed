"""Layer 0: everything without I/O. No socket, file, clock, thread or process; time and bytes come in as arguments."""

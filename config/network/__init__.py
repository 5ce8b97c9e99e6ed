"""This host in the network: its addresses and names, and sockets."""

"""Ray's manners on Thespian: named handles, asks that always end, big things by reference, supervised restarts."""

"""Detection on a pool of stronger hosts: what camera and pool say to each other, and when the camera asks at all."""

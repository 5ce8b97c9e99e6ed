"""Layer 3: processes. One room per actor; rooms do not import each other, and meet in models.messages and tree."""

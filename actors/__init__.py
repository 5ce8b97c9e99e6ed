"""Floor 3: processes. One room per actor; rooms are strangers that meet in models.messages and in actors.tree."""

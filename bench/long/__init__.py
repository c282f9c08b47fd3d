"""What takes longer than a check may: runs that are measured against a bar and written down."""

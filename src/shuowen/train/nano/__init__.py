"""shuowen-nano: a small InternVL3 for crops of text, made and trained from nothing."""

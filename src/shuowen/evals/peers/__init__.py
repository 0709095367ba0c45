"""Other people's readers, asked in processes of their own or over HTTP."""

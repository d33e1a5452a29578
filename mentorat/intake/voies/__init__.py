"""Ways in from outside: a folder, SFTP, a PostgreSQL base. Whatever the way, one contract: screened, then deposited."""

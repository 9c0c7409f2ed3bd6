"""What runs inside Superset's process: assets from files, roles, log-in, Chinese, own pages."""

"""Airflow as we run it: its configuration, its processes, one night through it. Only programs are started; nothing is
imported from Airflow."""

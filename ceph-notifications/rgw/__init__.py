"""Ceph as Acervo needs it: the one-machine cluster, buckets as code, the notification bridge and the sweep."""

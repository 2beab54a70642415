"""Reports brought to where people read: mail, chats, webhooks, buckets, folders, Grafana.

``parcel`` is what is brought, a file for each kind of destination knows how, ``ledger`` what was
brought already, and ``deliver`` goes from one destination to the next.
"""

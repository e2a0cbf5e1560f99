-- depends: 0003.publish

-- What is live is looked at from time to time where a channel may lose it (`keeps` of a connector); what was published before that, at once.
update asset_distributions d set due_at = clock_timestamp()
  from channels c where c.id = d.channel_id and c.type in ('web', 'youtube', 'facebook') and d.state = 'published' and d.due_at is null;

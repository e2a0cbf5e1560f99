"""Knative for one machine: reads the manifests that a cluster gets, and does what Knative does, or refuses.

A development runtime. What a cluster has and this does not is listed, not hidden: `models.NOT_ENFORCED` and
`autoscaling.NOT_ENFORCED` are the fields that are accepted and reported at start; every other field that is not in `models` is a
refusal with file and line. Differences that remain on purpose:

- accepted events are on disk before the 202, whatever the broker's class; what no sink takes is kept in `knative.undeliverable`,
  where Knative drops it;
- batches enter (Knative's ingress takes single events only);
- instances follow demand at once, up to what the machine allows (`--max-instances`), and go by the window's peak, not its average;
- after three failed starts in a row waiting requests get 503 at once, where Knative lets them wait for their time-out;
- one namespace (`default`), one revision of each service, no traffic splitting.
"""

/** Quotas are bytes to the API and gigabytes, as storage counts them, to people. */
export const GIGABYTE = 1e9;

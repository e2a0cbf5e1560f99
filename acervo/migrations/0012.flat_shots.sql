-- depends: 0008.description

-- A frame without a picture in it (black, white, one colour) has the hash zero and is like nothing: else every film that begins in
-- black would be a near-duplicate of every other, and thousands of equal hashes would cut the index's graph to pieces.
-- What such frames hashed to before was the rounding of zero: this, give or take a few bits.
update shots set hash = 0::bit(64)
 where (hash <~> B'0101001101010011101011000101001110101100101011000101000101010010') <= 8;

drop index shots_alike;
create index shots_alike on shots using hnsw (hash bit_hamming_ops) where hash <> 0::bit(64);

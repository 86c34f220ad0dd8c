-- Chunks are found by their ranges: there is nothing to change.
SELECT 1;

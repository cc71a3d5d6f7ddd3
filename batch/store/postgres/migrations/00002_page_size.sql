-- +goose Up
-- How many numbers a page of the account's inventory can be asked to have, as was found; NULL: nothing was found.
ALTER TABLE bulknum.accounts ADD COLUMN page_size BIGINT;

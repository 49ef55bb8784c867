//! What text may cross a boundary: redaction and tenant-keyed pseudonyms.

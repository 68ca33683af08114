//! The store against a tree kept in memory alone.

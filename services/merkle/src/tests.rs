//! Tests of the crate as its users see it.

mod forgery;
mod openssl;
mod peers;
mod robust;
mod tree;
mod vectors;
mod vectors_trust;
mod witness;

//! The tree against an implementation nobody here wrote: ct-merkle.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use proptest::prelude::*;
use sha2::Sha256;

use super::tree::Store;
use crate::hash::{Hash, leaf};
use crate::proof::{verify_consistency, verify_inclusion};
use crate::tree::{Frontier, consistency_proof, inclusion_proof};

fn hashes(bytes: &[u8]) -> Vec<Hash> {
    bytes.chunks_exact(32).map(|hash| Hash(hash.try_into().expect("32"))).collect()
}

fn bytes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

fn theirs(root: Hash, size: u64) -> RootHash<Sha256> {
    RootHash::new(root.0.into(), size)
}

fn their_root(tree: &MemoryBackedTree<Sha256, Vec<u8>>) -> [u8; 32] {
    (*tree.root().as_bytes()).into()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn both_build_the_same_proofs_and_accept_each_other(
        sizes in prop_oneof![(1_u64..700, 0_u64..700), (1_u64..9000, 0_u64..9000)],
        at in any::<prop::sample::Index>(),
    ) {
        let (old, added) = sizes;
        let mut tree = MemoryBackedTree::<Sha256, Vec<u8>>::new();
        let (mut store, mut frontier) = (Store::default(), Frontier::new());
        let mut old_root = frontier.root();
        for index in 0..old + added {
            let entry = index.to_be_bytes().to_vec();
            frontier.push(leaf(&entry), &mut |level, index, hash| store.put(level, index, hash));
            tree.push(entry);
            if index + 1 == old {
                old_root = frontier.root();
                prop_assert_eq!(&old_root.0[..], &their_root(&tree)[..]);
            }
        }
        let size = old + added;
        let root = frontier.root();
        prop_assert_eq!(&root.0[..], &their_root(&tree)[..]);

        let index = at.index(size as usize);
        let entry = (index as u64).to_be_bytes();
        let Ok(proof) = inclusion_proof(&store, index as u64, size);
        prop_assert_eq!(&hashes(tree.prove_inclusion(index).as_bytes()), &proof);
        let proven = verify_inclusion(index as u64, size, &leaf(&entry), &proof, &root);
        prop_assert_eq!(proven, Ok(()));
        let given = InclusionProof::from_bytes(bytes(&proof));
        let accepted = theirs(root, size).verify_inclusion(&entry, index as u64, &given);
        prop_assert!(accepted.is_ok());

        let Ok(proof) = consistency_proof(&store, old, size);
        prop_assert_eq!(
            &hashes(tree.prove_consistency(added as usize).as_bytes()),
            &proof
        );
        prop_assert_eq!(verify_consistency(old, size, &old_root, &root, &proof), Ok(()));
        let given = ConsistencyProof::try_from_bytes(bytes(&proof)).expect("whole hashes");
        prop_assert!(theirs(root, size).verify_consistency(&theirs(old_root, old), &given).is_ok());
    }
}

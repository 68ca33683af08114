//! The power cut of a real file system: ext4 on a loop device, its image copied while the kernel
//! still holds what was not forced out.
//!
//! The model of `disk` may be wrong about what file systems do; this one is not a model. It needs
//! root and loop devices, and says so where they are missing. `DUTY_LEDGER_DEVICE_CUTS` sets how
//! often the power fails.

use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;

use super::record::Recording;
use super::workload::{self, DATA, Known, Run};
use super::{Truth, check};
use crate::support::child::{Server, serve};
use crate::support::directory;
use crate::support::environment_number;
use crate::support::mount::{self, Mount};
use crate::support::random::Random;

/// Cuts in a normal run.
const CUTS: usize = 5;
/// Size of the image; most of it stays a hole.
const IMAGE: &str = "256M";

#[test]
fn a_power_cut_of_a_real_file_system_loses_nothing_acknowledged() {
    let cuts = environment_number("DUTY_LEDGER_DEVICE_CUTS").unwrap_or(CUTS);
    let mut random = Random::from_environment();
    println!("DUTY_LEDGER_SEED={} DUTY_LEDGER_DEVICE_CUTS={cuts}", random.seed());
    let place = directory();
    let image = |number: usize| place.path().join(format!("image-{number}"));
    if let Err(reason) = mount::make_ext4(&image(0), IMAGE) {
        println!("skipped, as no file system can be made here: {reason}");
        return;
    }
    let known = Arc::new(Mutex::new(Known::first()));
    let mut unwritten = 0;
    for cut in 0..cuts {
        // No commit of ext4's own before the test is over.
        let mounted = match Mount::ext4(&image(cut), "loop,commit=600") {
            Ok(mounted) => mounted,
            Err(reason) if cut == 0 => {
                println!("skipped, as nothing can be mounted here: {reason}");
                return;
            }
            Err(reason) => panic!("{reason}"),
        };
        let data = mounted.path().join(DATA);
        let server = Server::of(serve(&data));
        let answers = 1 + random.below(150);
        workload::append_and_kill(server, &known, &mut random, answers);
        // The power fails here: what the device has is all there is.
        mount::copy_image(&image(cut), &image(cut + 1));
        let run = {
            let known = known.lock();
            let (acks, batches) = (known.acks.clone(), known.batches.clone());
            Run::of(Recording::default(), acks, batches, workload::entries(&data))
        };
        drop(mounted);
        unwritten += usize::from(differ(&image(cut), &image(cut + 1)));
        let mounted = Mount::ext4(&image(cut + 1), "loop").expect("it was mounted before");
        let found = check::verify(&mounted.path().join(DATA));
        let objection = Truth::of(&run).objection(usize::MAX, &found);
        assert_eq!(objection, None, "cut {cut} of {cuts}");
        drop(mounted);
        std::fs::remove_file(image(cut)).expect("an image");
    }
    println!("{cuts} cuts, {unwritten} of them with something in the cache");
    // Else nothing was lost that a power cut takes, and the test proves nothing.
    assert_eq!(unwritten, cuts);
}

fn differ(one: &Path, other: &Path) -> bool {
    let same = std::process::Command::new("cmp").arg("-s").arg(one).arg(other).status();
    !same.expect("cmp").success()
}

//! The cache of images, by commit.

use std::fs;

use crate::Place;
use crate::registry::Registry;

#[test]
fn a_commit_is_fetched_once() {
    let registry = Registry::of_fixtures();
    let place = Place::new();
    let module = registry.module("acme/shop");
    place.diff(None, &module, &module).report(0);
    let counts = registry.counts();
    assert_eq!(counts.downloads["acme/shop"], 1, "{counts:?}");
    registry.reset_counts();
    // Even if `buf` has forgotten all about it.
    fs::remove_dir_all(place.home.cache_dir()).unwrap();
    place.diff(None, &module, &module).report(0);
    let counts = registry.counts();
    assert!(counts.downloads.is_empty(), "{counts:?}");
    assert_eq!(
        counts.rpcs.len(),
        1,
        "only labels are looked up: {counts:?}"
    );
    assert_eq!(counts.rpcs["CommitService/GetCommits"], 2, "{counts:?}");
    // A commit that is kept needs nothing at all.
    registry.reset_counts();
    let commit = registry.module(&format!(
        "acme/shop:{}",
        registry.commit("acme/shop", "main")
    ));
    place.diff(None, &commit, &commit).report(0);
    let counts = registry.counts();
    assert!(counts.rpcs.is_empty(), "{counts:?}");
}

#[test]
fn a_damaged_file_is_fetched_again() {
    let registry = Registry::of_fixtures();
    let place = Place::new();
    let module = registry.module("acme/ledger");
    place.diff(None, &module, &module).report(0);
    let kept: Vec<_> = crate::files(&place.path("cache"))
        .into_iter()
        .filter(|path| path.extension().is_none())
        .collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    let mut bytes = fs::read(&kept[0]).unwrap();
    bytes.pop();
    fs::write(&kept[0], bytes).unwrap();
    registry.reset_counts();
    place.diff(None, &module, &module).report(0);
    assert_eq!(registry.counts().rpcs["GraphService/GetGraph"], 1);
}

#[cfg(target_os = "linux")]
#[test]
fn a_read_only_file_system_with_a_temporary_folder_suffices() {
    let registry = Registry::of_fixtures();
    let place = Place::new();
    let temporary = place.path("tmp");
    fs::create_dir(&temporary).unwrap();
    let module = registry.module("acme/shop");
    // No home, and no folder for a cache that could be made.
    let env = [
        ("TMPDIR", temporary.to_str().unwrap()),
        ("PROTODIFF_CACHE_DIR", "/proc/none"),
        ("BUF_CACHE_DIR", ""),
        ("HOME", "/proc/none"),
    ];
    let before = crate::files(place.folder.path());
    let run = place.run_with(None, &env, &["diff", "--live", &module, "--truth", &module]);
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert_eq!(
        crate::files(place.folder.path()),
        before,
        "something was left behind"
    );
}

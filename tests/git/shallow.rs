//! Clones that lack something: history, as in CI, or objects.

use crate::{Place, schema};

/// `main` has three commits; `feature`, checked out, has one more than the second of them.
fn forked() -> Place {
    let place = Place::with_commits(2);
    place.git("repo", "checkout --quiet -b feature");
    place.write("repo/proto/a.proto", schema(&["one", "two", "feature"]));
    place.commit("repo", "feature");
    place.git("repo", "checkout --quiet main");
    place.write("repo/proto/a.proto", schema(&["one", "two", "main"]));
    place.commit("repo", "main");
    place.git("repo", "checkout --quiet feature");
    place
}

#[test]
fn what_was_fetched_is_read_and_what_was_not_is_explained() {
    let place = forked();
    let old = place.git("repo", "rev-parse HEAD~2");
    place.clone("--depth 1 ", "clone");
    assert_eq!(
        place.fields("clone", "git:HEAD:proto"),
        ["one", "two", "feature"]
    );
    for (revision, cause) in [
        (
            "HEAD~1",
            "`HEAD~1` lies beyond the history that this shallow clone has",
        ),
        (
            "HEAD^",
            "`HEAD^` lies beyond the history that this shallow clone has",
        ),
        (&*old, "is not in this shallow clone"),
        (&old[..9], "is not in this shallow clone"),
    ] {
        let (error, help) = place.error("clone", &format!("git:{revision}:proto"));
        assert!(error.contains(cause), "{error}");
        assert!(help.contains("`fetch-depth: 0`"), "{help}");
    }
}

#[test]
fn the_tip_of_a_branch_can_be_had_alone() {
    let place = forked();
    place.clone("--depth 1 ", "clone");
    let (error, help) = place.error("clone", "git:origin/main:proto");
    assert!(
        error.contains("no branch, tag or commit `origin/main` here"),
        "{error}"
    );
    assert!(help.contains("`fetch-depth: 0`"), "{help}");
    // What it says to run is run.
    let (_, command) = help.split_once("etch it with `git ").unwrap();
    let (command, _) = command.split_once('`').unwrap();
    assert_eq!(
        command,
        "fetch --depth=1 origin main:refs/remotes/origin/main"
    );
    place.git("clone", command);
    assert_eq!(
        place.fields("clone", "git:origin/main:proto"),
        ["one", "two", "main"]
    );
    // Tips alone have no history in common.
    let (error, help) = place.error("clone", "git:merge-base(origin/main):proto");
    assert!(
        error.contains(
            "the commit that `origin/main` and `HEAD` parted from is not in this shallow clone"
        ),
        "{error}"
    );
    assert!(
        help.contains("he history between them is needed: set `fetch-depth: 0`"),
        "{help}"
    );
    place.git("clone", "fetch --quiet --unshallow origin");
    assert_eq!(
        place.fields("clone", "git:merge-base(origin/main):proto"),
        ["one", "two"]
    );
}

#[test]
fn enough_depth_is_enough() {
    let place = forked();
    place.clone("--depth 2 --no-single-branch ", "clone");
    assert_eq!(
        place.fields("clone", "git:merge-base(origin/main)"),
        ["one", "two"]
    );
    assert_eq!(place.fields("clone", "git:HEAD~1"), ["one", "two"]);
    let (error, _) = place.error("clone", "git:HEAD~2");
    assert!(error.contains("beyond the history"), "{error}");
}

#[test]
fn objects_that_were_left_at_the_remote() {
    let place = Place::with_commits(2);
    place.git("repo", "config uploadpack.allowFilter true");
    place.clone("--filter=blob:none --no-checkout ", "clone");
    let (error, help) = place.error("clone", "git:HEAD:proto");
    assert!(
        error.contains("was left at the remote: this is a partial clone"),
        "{error}"
    );
    assert!(help.contains("--filter"), "{help}");
    // The checkout of HEAD fetches its own.
    place.git("clone", "checkout --quiet main");
    assert_eq!(place.fields("clone", "git:HEAD:proto"), ["one", "two"]);
}

#[test]
fn an_object_that_is_gone() {
    let place = Place::with_commits(1);
    let blob = place.git("repo", "rev-parse HEAD:proto/a.proto");
    let object = format!("repo/.git/objects/{}/{}", &blob[..2], &blob[2..]);
    std::fs::remove_file(place.path(&object)).unwrap();
    let (error, help) = place.error("repo", "git:HEAD:proto");
    assert_eq!(
        error,
        format!("git:HEAD:proto: the object {blob} is missing from the repository")
    );
    assert!(help.contains("`git fsck`"), "{help}");
    place.write(&object, "noise");
    let (error, _) = place.error("repo", "git:HEAD:proto");
    assert!(
        error.contains(&format!("the object {blob} cannot be read")),
        "{error}"
    );
}

#[test]
fn damage_of_tags_commits_and_trees() {
    let place = Place::with_commits(1);
    let write = |kind: &str, content: &str| {
        place.write("object", content);
        let words = format!("hash-object -w --literally -t {kind} ../object");
        place.git("repo", &words)
    };
    let commit = write("commit", "noise");
    let tag = write("tag", "object noise\n");
    let tree = write("tree", "noise");
    let holder = write(
        "commit",
        &format!("tree {tree}\nauthor a <a@x> 0 +0000\ncommitter a <a@x> 0 +0000\n\nx"),
    );
    for revision in [
        &commit,
        &tag,
        &holder,
        &format!("{tag}^{{commit}}"),
        &format!("{commit}^{{tree}}"),
        &format!("merge-base({commit})"),
    ] {
        let target = place.path("none.binpb");
        let words = format!("fetch git:{revision} -o {}", target.display());
        let outcome = place.run("repo", &words);
        assert_eq!(outcome.code, 4, "{outcome:#?}");
        assert!(
            outcome.err.contains(&format!("error: git:{revision}: ")),
            "{outcome:#?}"
        );
        assert!(outcome.err.contains("`git fsck`"), "{outcome:#?}");
    }
}

#[test]
fn refs_that_are_kept_in_another_way() {
    let place = Place::with_commits(1);
    let commit = place.git("repo", "rev-parse HEAD");
    // What `git init --ref-format=reftable` of a newer git leaves in the usual places.
    let config = std::fs::read_to_string(place.path("repo/.git/config")).unwrap();
    let config = config.replace("repositoryformatversion = 0", "repositoryformatversion = 1");
    place.write(
        "repo/.git/config",
        config + "[extensions]\n\trefStorage = reftable\n",
    );
    place.write("repo/.git/HEAD", "ref: refs/heads/.invalid\n");
    std::fs::remove_dir_all(place.path("repo/.git/refs")).unwrap();
    place.write(
        "repo/.git/refs/heads",
        "this repository uses the reftable format\n",
    );
    let (error, help) = place.error("repo", "git:main");
    assert!(error.contains("keeps its refs as reftable"), "{error}");
    assert!(help.contains("`git rev-parse REV`"), "{help}");
    assert_eq!(place.fields("repo", &format!("git:{commit}")), ["one"]);
}

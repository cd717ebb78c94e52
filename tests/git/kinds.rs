//! The kinds of repository that there are, and where in one the working directory can be.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::process::Command;

use crate::{Place, content, schema};

#[test]
fn a_usual_one_loose_and_packed() {
    let place = Place::with_commits(3);
    place.git("repo", "tag first HEAD~2");
    for _ in 0..2 {
        assert_eq!(
            place.fields("repo", "git:HEAD:proto"),
            ["one", "two", "three"]
        );
        assert_eq!(place.fields("repo", "git:main~1"), ["one", "two"]);
        assert_eq!(place.fields("repo", "git:first:proto/a.proto"), ["one"]);
        place.git("repo", "gc --quiet --aggressive --prune=now");
    }
    assert!(place.path("repo/.git/packed-refs").exists());
    assert!(!place.path("repo/.git/refs/heads/main").exists());
}

#[test]
fn a_bare_one() {
    let place = Place::with_commits(2);
    place.clone("--bare ", "bare.git");
    assert_eq!(place.fields("bare.git", "git:HEAD~1:proto"), ["one"]);
    // Inside of the folder `.git` of another, too.
    assert_eq!(place.fields("repo/.git", "git:HEAD~1:proto"), ["one"]);
    let (error, _) = place.error("bare.git", "git:HEAD:../proto");
    assert_eq!(
        error,
        "git:HEAD:../proto: `../proto` leads out of the repository"
    );
}

#[test]
fn a_detached_head() {
    let place = Place::with_commits(3);
    place.git("repo", "checkout --quiet --detach HEAD~1");
    assert_eq!(place.fields("repo", "git:HEAD:proto"), ["one", "two"]);
    assert_eq!(place.fields("repo", "git:HEAD~1:proto"), ["one"]);
}

#[test]
fn a_linked_work_tree() {
    let place = Place::with_commits(3);
    place.git("repo", "worktree add --quiet ../linked HEAD~1");
    assert_eq!(place.fields("linked", "git:HEAD:proto"), ["one", "two"]);
    assert_eq!(
        place.fields("linked/proto", "git:main:./a.proto"),
        ["one", "two", "three"]
    );
}

#[test]
fn a_submodule() {
    let place = Place::with_commits(2);
    place.git(".", "init --quiet --initial-branch=main outer");
    place.write("outer/proto/b.proto", schema(&["outer"]));
    let url = format!("file://{}", place.path("repo").display());
    place.git(
        "outer",
        &format!("submodule --quiet add {url} third_party/inner"),
    );
    place.commit("outer", "all");
    assert!(place.path("outer/third_party/inner/.git").is_file());
    assert_eq!(
        place.fields("outer/third_party/inner", "git:HEAD~1"),
        ["one"]
    );
    // Outside, its files are not part of the tree.
    assert_eq!(place.fields("outer", "git:HEAD"), ["outer"]);
    let (error, help) = place.error("outer", "git:HEAD:third_party/inner/proto");
    assert_eq!(
        error,
        "git:HEAD:third_party/inner/proto: `third_party/inner/proto` lies in the submodule `third_party/inner`, whose files are in a repository of its own"
    );
    assert!(
        help.contains("run protodiff inside of `third_party/inner`")
            || help.contains("Run protodiff inside of `third_party/inner`"),
        "{help}"
    );
}

#[test]
fn one_that_git_dir_names() {
    let place = Place::with_commits(2);
    fs::create_dir(place.path("elsewhere")).unwrap();
    let git_dir = place.path("repo/.git").display().to_string();
    let target = place.path("out.binpb");
    let words = format!("fetch git:HEAD~1:proto -o {}", target.display());
    let outcome = place.run_with("elsewhere", &words, &[("GIT_DIR", &git_dir)]);
    assert_eq!(outcome.code, 0, "{outcome:#?}");
    let outcome = place.run_with("repo", &words, &[("GIT_DIR", "/nowhere")]);
    assert_eq!(outcome.code, 4);
    assert!(
        outcome.err.contains("the repository cannot be opened"),
        "{outcome:#?}"
    );
}

#[test]
fn objects_of_another_repository_and_another_hash() {
    let place = Place::with_commits(2);
    place.git(".", "clone --quiet --shared repo borrowed");
    assert!(place.path("borrowed/.git/objects/info/alternates").exists());
    assert_eq!(place.fields("borrowed", "git:HEAD~1"), ["one"]);
    place.git(".", "init --quiet --object-format=sha256 long");
    place.write("long/a.proto", schema(&["long"]));
    let commit = place.commit("long", "one");
    assert_eq!(commit.len(), 64);
    assert_eq!(place.fields("long", &format!("git:{commit}")), ["long"]);
}

/// An action in a container reads a work tree that belongs to another user.
#[test]
#[allow(clippy::print_stderr, reason = "it says where it cannot run")]
fn one_that_belongs_to_somebody_else() {
    let place = Place::with_commits(2);
    place.git("repo", "gc --quiet");
    let other = fs::metadata(place.path("repo")).unwrap().uid() + 1001;
    let change = format!("chown -R {other}:{other} {}", place.path("repo").display());
    // Only root can give files away.
    let given = ["", "sudo -n "].iter().any(|root| {
        let command = format!("{root}{change} 2>/dev/null");
        Command::new("sh")
            .args(["-c", &command])
            .status()
            .unwrap()
            .success()
    });
    if !given {
        eprintln!("not tested: it needs root, or sudo without a password");
        return;
    }
    assert_eq!(place.fields("repo", "git:HEAD~1:proto"), ["one"]);
    let (error, help) = place.error("repo", "git:mian");
    assert!(error.contains("no branch, tag or commit `mian`"), "{error}");
    assert!(help.contains("`main`"), "{help}");
}

#[test]
fn what_the_configuration_names_is_not_run() {
    let place = Place::with_commits(2);
    let bait = place.path("bait");
    let command = format!("touch {}", bait.display());
    let config = format!(
        "[core]\n\tfsmonitor = \"{command}\"\n\tsshCommand = \"{command}\"\n\talternateRefsCommand = \"{command}\"\n[filter \"x\"]\n\tsmudge = \"{command}\"\n\tprocess = \"{command}\"\n[include]\n\tpath = /dev/null/nothing\n"
    );
    let path = place.path("repo/.git/config");
    let before = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{before}{config}")).unwrap();
    place.write("repo/.git/info/attributes", "*.proto filter=x\n");
    assert_eq!(place.fields("repo", "git:HEAD~1:proto"), ["one"]);
    assert!(!bait.exists());
}

#[test]
fn none_at_all() {
    let place = Place::new();
    let (error, help) = place.error(".", "git:HEAD:proto");
    assert_eq!(
        error,
        "git:HEAD:proto: the working directory is in no git repository"
    );
    assert!(help.contains("mount it with its `.git`"), "{help}");
    // A linked work tree without the repository that it belongs to.
    place.write("part/.git", "gitdir: /nowhere/.git/worktrees/part\n");
    let (error, help) = place.error("part", "git:HEAD");
    assert!(
        error.contains("names a folder which is not there"),
        "{error}"
    );
    assert!(help.contains("part/.git"), "{help}");
}

#[test]
fn nothing_is_touched() {
    let place = Place::with_commits(3);
    place.write("repo/proto/a.proto", "not committed");
    place.write("repo/new.proto", "not added");
    place.git("repo", "status --porcelain");
    let status = place.git("repo", "status --porcelain");
    let before = content(&place.path("repo"));
    let index = fs::metadata(place.path("repo/.git/index")).unwrap();
    assert_eq!(place.fields("repo", "git:HEAD~1:proto"), ["one", "two"]);
    place.error("repo", "git:HEAD~7:proto");
    assert_eq!(content(&place.path("repo")), before);
    let after = fs::metadata(place.path("repo/.git/index")).unwrap();
    assert_eq!(index.modified().unwrap(), after.modified().unwrap());
    assert_eq!(place.git("repo", "status --porcelain"), status);
}

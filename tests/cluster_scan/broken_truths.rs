//! A module that cannot be had is one workload's matter; that none can be had ends the scan.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::place::{Place, module, modules, private_registry, registry};
use crate::registry::Registry;
use crate::scan::SHOP;
use crate::truths::serve;

/// Two workloads, `good` and `bad`, and what the second one is held against.
async fn two_workloads(prefix: &str) -> String {
    serve(prefix, &[("good", SHOP), ("bad", SHOP)]).await
}

/// What is wrong with a module, and what to do about it.
struct Broken<'a> {
    module: &'a str,
    cause: &'a str,
    remedy: &'a str,
}

impl Broken<'_> {
    /// Beside a truth that loads, the module costs its own workload the verdict, and no other; on
    /// its own, the scan does not run.
    #[track_caller]
    fn leaves_the_other(&self, place: &Place, ns: &str, good: &str, args: &[&str]) {
        let Self {
            module,
            cause,
            remedy,
        } = self;
        let only = format!(
            "version: 1\nworkloads:\n  - {{name: bad, namespace: {ns}, module: '{module}'}}\n"
        );
        let both = format!("{only}  - {{name: good, namespace: {ns}, module: '{good}'}}\n");
        place.write(".protodiff.yaml", &both);
        let scanned = place.scan(args);
        assert_eq!(scanned.code, 3, "{}{}", scanned.stdout, scanned.stderr);
        assert_eq!(scanned.workload("good")["verdict"], "SYNC", "{module}");
        let bad = scanned.workload("bad");
        assert_eq!(bad["verdict"], "UNKNOWN");
        assert_eq!(bad["module"], *module);
        let [kind, message, hint] =
            ["kind", "message", "hint"].map(|key| bad["reason"][key].as_str().unwrap());
        assert_eq!(kind, "truth", "{bad:#}");
        assert!(
            message.contains(module) && message.contains(cause),
            "{bad:#}"
        );
        assert!(hint.contains(remedy), "{bad:#}");
        assert_eq!(scanned.report()["truths"].as_array().unwrap().len(), 1);

        place.write(".protodiff.yaml", &only);
        let scanned = place.scan(args);
        assert_eq!(scanned.code, 4, "{}{}", scanned.stdout, scanned.stderr);
        assert!(scanned.stdout.is_empty(), "{}", scanned.stdout);
        for part in [module, cause, remedy] {
            let said = scanned.stderr.to_lowercase();
            assert!(said.contains(&part.to_lowercase()), "{part}: {said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_registry_does_not_have_or_not_give() {
    let ns = two_workloads("refused").await;
    let open = registry();
    let good = open.module("acme/shop");
    let missing = open.module("acme/absent");
    Broken {
        module: &missing,
        cause: "does not exist",
        remedy: "buf registry module info",
    }
    .leaves_the_other(&Place::new(), &ns, &good, &[]);
    let label = open.module("acme/shop:absent");
    Broken {
        module: &label,
        cause: "does not exist",
        remedy: "buf registry module label list",
    }
    .leaves_the_other(&Place::new(), &ns, &good, &[]);

    let closed = private_registry("the-right-token");
    let private = closed.module("acme/more");
    Broken {
        module: &private,
        cause: "not authenticated",
        remedy: "BUF_TOKEN",
    }
    .leaves_the_other(&Place::new(), &ns, &good, &[]);
    let wrong = Place::with_token(&format!("a-wrong-token@{}", closed.host()));
    Broken {
        module: &private,
        cause: "is not valid",
        remedy: "refused the token",
    }
    .leaves_the_other(&wrong, &ns, &good, &[]);
    let seen = open.counts().authorizations;
    assert!(
        seen.values().flatten().all(String::is_empty),
        "the token went to a registry that it is not for: {seen:?}"
    );

    // A token that may read, but not this.
    let mut spec = modules();
    spec["tokens"] = json!(["mine", "theirs"]);
    spec["modules"][2]["private"] = json!(true);
    spec["modules"][2]["readers"] = json!(["theirs"]);
    spec["modules"][2]["denied"] = json!("permission_denied");
    let shared = Registry::start(&spec);
    let place = Place::with_token(&format!("mine@{}", shared.host()));
    Broken {
        module: &shared.module("acme/more"),
        cause: "no permission to read",
        remedy: "may read",
    }
    .leaves_the_other(&place, &ns, &shared.module("acme/shop"), &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_is_down_or_hangs() {
    let ns = two_workloads("down").await;
    let running = registry();
    let good = running.module("acme/shop");
    let down = registry().module("acme/more");
    Broken {
        module: &down,
        cause: "unavailable",
        remedy: "can be reached",
    }
    .leaves_the_other(&Place::new(), &ns, &good, &[]);

    let hanging = registry();
    for rpc in ["GetCommits", "Download"] {
        hanging.fault(&json!({"kind": "hang", "rpc": rpc}));
        let begun = Instant::now();
        Broken {
            module: &hanging.module("acme/more"),
            cause: "did not answer buf within 5s",
            remedy: "--timeout",
        }
        .leaves_the_other(&Place::new(), &ns, &good, &["--timeout", "5s"]);
        // It scans twice.
        let took = begun.elapsed();
        assert!(took < Duration::from_secs(20), "{rpc}: {took:?}");
        hanging.clear_faults();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_modules_of_a_registry_that_hangs_cost_the_timeout_once() {
    let ns = two_workloads("hanging-modules").await;
    let hanging = registry();
    hanging.fault(&json!({"kind": "hang"}));
    let mut text = format!(
        "version: 1\nworkloads:\n  - {{name: good, namespace: {ns}, module: '{}'}}\n",
        module("shop").display()
    );
    // More than are fetched at a time.
    for number in 0..20 {
        let module = hanging.module(&format!("acme/absent-{number}"));
        text.push_str(&format!(
            "  - {{name: bad-{number}, selector: app=bad, namespace: {ns}, module: '{module}'}}\n"
        ));
    }
    let place = Place::new();
    place.write(".protodiff.yaml", &text);
    let begun = Instant::now();
    let scanned = place.scan(&["--timeout", "5s"]);
    let took = begun.elapsed();
    assert_eq!(scanned.code, 3, "{}{}", scanned.stdout, scanned.stderr);
    assert_eq!(scanned.workload("good")["verdict"], "SYNC");
    let report = scanned.report();
    let unknown: Vec<_> = report["workloads"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|workload| workload["reason"]["kind"] == "truth")
        .collect();
    assert_eq!(unknown.len(), 20, "{report:#}");
    for workload in unknown {
        let message = workload["reason"]["message"].as_str().unwrap();
        assert!(
            message.contains(workload["module"].as_str().unwrap()),
            "{message}"
        );
        assert!(
            workload["reason"]["hint"]
                .as_str()
                .unwrap()
                .contains("--timeout")
        );
    }
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_buf_that_is_killed_or_too_old() {
    let ns = two_workloads("buf").await;
    let registry = registry();
    let bad = registry.module("acme/more");
    let mut place = Place::new();
    place.wrap(
        r#"case "$1 $*" in build*acme/more*) kill -KILL $$ ;; esac
exec "$BUF" "$@""#,
    );
    Broken {
        module: &bad,
        cause: "signal",
        remedy: "buf build",
    }
    .leaves_the_other(&place, &ns, &registry.module("acme/shop"), &[]);

    // A truth that needs no buf stands where no module can be had.
    let folder = module("shop").display().to_string();
    place.wrap(r#"[ "$1" = --version ] && { echo 1.46.9; exit 0; }; exec "$BUF" "$@""#);
    Broken {
        module: &bad,
        cause: "1.47 or newer",
        remedy: "PROTODIFF_BUF",
    }
    .leaves_the_other(&place, &ns, &folder, &[]);
    place.set("PROTODIFF_BUF", "");
    Broken {
        module: &bad,
        cause: "not on PATH",
        remedy: "buf.build/docs/cli/installation",
    }
    .leaves_the_other(&place, &ns, &folder, &[]);
}

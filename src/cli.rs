//! The command line: clap types, and nothing else. [`parse`] is the entry.
//!
//! Every flag has a twin in the environment, `PROTODIFF_` and the flag's name. `config` turns these
//! types into settings.

mod access;
mod environment;
mod explain;
mod inputs;
mod publish;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use access::{ClusterArgs, ConnectArg, TransportArgs};
pub use environment::{parse, parse_without_environment};
pub use explain::{ExplainArgs, PageForm};
pub use publish::{PublishArgs, PublishSavedArgs};

use crate::core::format::Format;
use crate::core::level::{FailOn, OnUnknown};
use crate::core::selection::{MappingPlace, PortSpec, WorkloadName};

/// Exit codes, for the end of every help text.
const EXIT_CODES: &str = "\
Exit codes:
  0  SYNC: what runs is what clients are built from
  1  MISMATCH: a finding reaches --fail-on
  2  the command line or the configuration is wrong; nothing was scanned
  3  UNKNOWN: something could not be verified (under --on-unknown fail)
  4  could not run: cluster unreachable or forbidden, truth does not load, report not written";

/// Notation of a SOURCE, for help texts.
const SOURCES: &str = "\
A SOURCE is one of:
  a directory or a .proto file                       (buf.yaml and buf.work.yaml are respected)
  git:REV[:PATH] or git:merge-base(REV)[:PATH]       (a revision of the repository around)
  HOST/OWNER/MODULE[:LABEL_OR_COMMIT]                (a Buf registry; token from $BUF_TOKEN)
  a descriptor set or Buf image                      (.binpb .bin .pb .protoset .json .txtpb .yaml,
                                                      perhaps with a further .gz or .zst)
  -                                                  (the same on standard input)
  grpc://HOST:PORT or grpcs://HOST:PORT              (server reflection)
  k8s://NAMESPACE/POD[:PORT]                         (server reflection in a pod)
Protobuf Editions, dependencies and registry modules take `buf`, on PATH or at $PROTODIFF_BUF.";

/// Finds drift between the gRPC schemas that run on Kubernetes and the protobuf modules that
/// clients are built from.
#[derive(Debug, Parser)]
#[command(name = "protodiff", version, max_term_width = 100, after_help = EXIT_CODES)]
#[command(
    propagate_version = true,
    disable_help_subcommand = true,
    arg_required_else_help = true
)]
pub struct Cli {
    /// No progress on standard error.
    #[arg(long, short, global = true, display_order = 998, env = "PROTODIFF_QUIET", value_parser = clap::builder::FalseyValueParser::new())]
    pub quiet: bool,

    #[allow(missing_docs)]
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Scan pods (or static endpoints) and compare what they serve with the truth
    #[command(after_help = EXIT_CODES, after_long_help = format!("{SOURCES}\n\n{EXIT_CODES}"))]
    Scan(Box<ScanArgs>),
    /// Compare two schemas, wherever they come from
    #[command(after_help = EXIT_CODES, after_long_help = format!("{SOURCES}\n\n{EXIT_CODES}"))]
    Diff(Box<DiffArgs>),
    /// Write any source as one descriptor set, for buf, grpcurl -protoset and others
    #[command(after_help = SOURCES)]
    Fetch(Box<FetchArgs>),
    /// Publish a saved JSON report on GitHub, from the job of a `workflow_run` event
    #[command(after_help = EXIT_CODES)]
    Publish(Box<PublishSavedArgs>),
    /// Show the whole scan on embedded gRPC servers, one of them drifted; needs nothing else
    Demo(DemoArgs),
    /// Say what a rule means and what to do, or list all rules
    Explain(ExplainArgs),
    /// Print the completion script of a shell
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// `protodiff scan`.
#[derive(Debug, Args)]
pub struct ScanArgs {
    /// What clients are built from (a SOURCE); default: `module` in .protodiff.yaml
    #[arg(value_name = "TRUTH", env = "PROTODIFF_TRUTH")]
    pub truth: Option<String>,

    /// Namespaces to scan; default: the kubeconfig context's
    #[arg(
        long,
        short,
        value_name = "NS",
        env = "PROTODIFF_NAMESPACE",
        value_delimiter = ',',
        help_heading = "Selection"
    )]
    pub namespace: Vec<String>,

    /// Scan all namespaces
    #[arg(long, short = 'A', env = "PROTODIFF_ALL_NAMESPACES", conflicts_with = "namespace", value_parser = clap::builder::FalseyValueParser::new(), help_heading = "Selection")]
    pub all_namespaces: bool,

    /// Label selector, as kubectl takes it (app=payment,tier!=test)
    #[arg(
        long,
        short = 'l',
        value_name = "SELECTOR",
        env = "PROTODIFF_SELECTOR",
        help_heading = "Selection"
    )]
    pub selector: Option<String>,

    /// Only pods of these workloads (deployment/payment, sts/ledger, …)
    #[arg(
        long,
        value_name = "KIND/NAME",
        env = "PROTODIFF_WORKLOAD",
        value_delimiter = ',',
        help_heading = "Selection"
    )]
    pub workload: Vec<WorkloadName>,

    /// A static endpoint instead of pods: grpc://HOST:PORT, grpcs://HOST:PORT. The workloads of
    /// .protodiff.yaml are pods, and not looked for then
    #[arg(long, value_name = "URL", env = "PROTODIFF_TARGET", value_delimiter = ',', help_heading = "Selection",
        conflicts_with_all = ["namespace", "all_namespaces", "selector", "workload", "port", "wait"])]
    pub target: Vec<String>,

    /// The pods' gRPC port, by number or by container-port name; default: found out per pod
    #[arg(
        long,
        value_name = "NAME|NUMBER",
        env = "PROTODIFF_PORT",
        help_heading = "Selection"
    )]
    pub port: Option<PortSpec>,

    /// Modules of many services: a YAML file of `service: module`, or configmap/NAMESPACE/NAME. A
    /// service's pods have the label app=SERVICE; grpc-service=true finds those not listed
    #[arg(
        long,
        value_name = "PLACE",
        env = "PROTODIFF_MAPPING",
        conflicts_with = "target",
        help_heading = "Selection"
    )]
    pub mapping: Option<MappingPlace>,

    /// The module of a service that nothing else names one for, such as buf.build/acme/{service}
    #[arg(
        long,
        value_name = "TEMPLATE",
        env = "PROTODIFF_MODULE_TEMPLATE",
        conflicts_with = "target",
        help_heading = "Selection"
    )]
    pub module_template: Option<String>,

    /// Ask every pod, or one pod of each version of a workload
    #[arg(long, value_enum, default_value_t = SampleArg::All, env = "PROTODIFF_SAMPLE", help_heading = "Selection")]
    pub sample: SampleArg,

    /// Wait this long for the rollouts of the selected workloads to finish, then scan
    #[arg(long, value_name = "DURATION", value_parser = duration, env = "PROTODIFF_WAIT", help_heading = "Time")]
    pub wait: Option<Duration>,

    /// For the whole scan, --wait not counted
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "5m", env = "PROTODIFF_TIMEOUT", help_heading = "Time")]
    pub timeout: Duration,

    /// Pods asked at the same time
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000), default_value = "16", env = "PROTODIFF_CONCURRENCY", help_heading = "Time")]
    pub concurrency: u16,

    #[allow(missing_docs)]
    #[command(flatten)]
    pub cluster: ClusterArgs,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub transport: TransportArgs,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub judge: JudgeArgs,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub output: OutputArgs,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub publish: PublishArgs,
}

/// `protodiff diff`.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// What is served (a SOURCE)
    #[arg(long, value_name = "SOURCE", env = "PROTODIFF_LIVE")]
    pub live: String,
    /// What clients are built from (a SOURCE)
    #[arg(long, value_name = "SOURCE", env = "PROTODIFF_TRUTH")]
    pub truth: String,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub cluster: ClusterArgs,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub transport: TransportArgs,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub judge: JudgeArgs,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `protodiff fetch`.
#[derive(Debug, Args)]
pub struct FetchArgs {
    /// Where the schema comes from (a SOURCE)
    #[arg(value_name = "SOURCE", env = "PROTODIFF_SOURCE")]
    pub source: String,
    /// File to write: .binpb (also .bin, .pb, .protoset), .json, .txtpb or .yaml, perhaps with a
    /// further .gz or .zst; - for binary on standard output
    #[arg(long, short, value_name = "FILE", env = "PROTODIFF_OUTPUT")]
    pub output: PathBuf,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub cluster: ClusterArgs,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub transport: TransportArgs,
}

/// `protodiff demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    #[allow(missing_docs)]
    #[command(flatten)]
    pub output: OutputArgs,
}

/// How to judge.
#[derive(Debug, Args)]
#[command(next_help_heading = "Judgement")]
pub struct JudgeArgs {
    /// The lowest level that fails: breaking, drift, info or never; default: drift
    #[arg(long, value_name = "LEVEL", env = "PROTODIFF_FAIL_ON")]
    pub fail_on: Option<FailOn>,
    /// What UNKNOWN does: fail (exit 3), warn or ignore; default: fail
    #[arg(long, value_name = "ACTION", env = "PROTODIFF_ON_UNKNOWN")]
    pub on_unknown: Option<OnUnknown>,
    /// Compare what calls reach, or every type, package and file of the truth as well
    #[arg(long, value_enum, default_value_t = ScopeArg::Services, env = "PROTODIFF_SCOPE")]
    pub scope: ScopeArg,
    /// Ask what a rollout of the truth would break for clients built from what runs now
    #[arg(long, env = "PROTODIFF_BEFORE_ROLLOUT", value_parser = clap::builder::FalseyValueParser::new())]
    pub before_rollout: bool,
    /// The truth before a change, such as git:origin/main: --fail-on counts only what the change
    /// introduces
    ///
    /// Any SOURCE. A git revision without a path is the truth's own path at that revision.
    #[arg(long, value_name = "SOURCE", env = "PROTODIFF_BASELINE")]
    pub baseline: Option<String>,
    /// The configuration; default: .protodiff.yaml if it is there
    #[arg(long, value_name = "PATH", env = "PROTODIFF_CONFIG")]
    pub config: Option<PathBuf>,
}

/// What to print and write.
#[derive(Debug, Args, Clone)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// The form of the report on standard output: text, markdown, json, sarif, junit, gitlab or
    /// html
    #[arg(long, value_name = "FORMAT", default_value_t = Format::Text, env = "PROTODIFF_FORMAT")]
    pub format: Format,
    /// Also write the report to a file, as FORMAT=PATH
    #[arg(long, value_name = "FORMAT=PATH", value_parser = report, env = "PROTODIFF_REPORT", value_delimiter = ',')]
    pub report: Vec<(Format, PathBuf)>,
}

/// `--scope`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum ScopeArg {
    Services,
    All,
}

/// `--sample`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum SampleArg {
    All,
    Version,
}

/// `90s`, `5m`, `1h 30m`; a bare number counts seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let parsed = if !text.is_empty() && text.chars().all(|c| c.is_ascii_digit()) {
        text.parse()
            .map(Duration::from_secs)
            .map_err(|e| e.to_string())
    } else {
        humantime::parse_duration(text).map_err(|e| e.to_string())
    };
    match parsed {
        Ok(duration) if duration.is_zero() => {
            Err("expected a duration above zero, such as 30s or 5m".to_owned())
        }
        Ok(duration) if duration > Duration::from_secs(86_400) => {
            Err("expected at most 24h".to_owned())
        }
        Ok(duration) => Ok(duration),
        Err(cause) => Err(format!("expected a duration such as 30s or 5m ({cause})")),
    }
}

fn report(text: &str) -> Result<(Format, PathBuf), String> {
    let (format, path) = text
        .split_once('=')
        .filter(|(_, path)| !path.is_empty())
        .ok_or_else(|| "expected FORMAT=PATH, for example json=report.json".to_owned())?;
    let format = format.parse()?;
    Ok((format, PathBuf::from(path)))
}

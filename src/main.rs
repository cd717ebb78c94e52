//! The `protodiff` binary: parses the command line and hands over to the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = protodiff::cli::parse();
    // One rustls provider in the whole process, the one that builds without C libraries of its own.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = std::io::Write::write_fmt(
                &mut std::io::stderr(),
                format_args!("error: cannot start: {error}\n"),
            );
            return ExitCode::from(4);
        }
    };
    let code = runtime.block_on(protodiff::run::run(cli));
    // Calls that hang must not keep the process.
    runtime.shutdown_background();
    code
}

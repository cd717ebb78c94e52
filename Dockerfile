# The image of protodiff: the static binary, `buf`, CA certificates and an empty /tmp.
#
#   docker build -t protodiff .
#
# compiles it. With files that are there already (`scripts/image-tree.sh` puts them together), it is
# assembled without the network; BuildKit then skips the stages that compile and fetch:
#
#   docker build -t protodiff --build-arg ASSEMBLED=prebuilt CONTEXT     # CONTEXT/dist/amd64/…

# Pin it further to a digest where builds must be repeatable:
# --build-arg RUST_IMAGE=rust:1.95.0-alpine@sha256:…
ARG RUST_IMAGE=rust:1.95.0-alpine
# `built` or `prebuilt`.
ARG ASSEMBLED=built

# Alpine's own target is musl, so what is compiled here is static.
FROM ${RUST_IMAGE} AS compile
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY benches benches
COPY templates templates
COPY src src
RUN cargo build --release --locked \
 && mkdir -p /tree/etc/ssl/certs \
 && install -d -m 1777 /tree/tmp \
 && install -m 0755 target/release/protodiff /tree/protodiff \
 && cp /etc/ssl/certs/ca-certificates.crt /tree/etc/ssl/certs/ \
 && rm -rf target
# A binary that asks for a loader would not start in the image.
RUN if ldd /tree/protodiff 2>&1 | grep '=>'; then exit 1; fi && /tree/protodiff --version

FROM ${RUST_IMAGE} AS buf
ARG TARGETARCH
ARG NPM_REGISTRY=https://registry.npmjs.org
ARG BUF_VERSION=1.75.0
# SHA-512 of the packages, which is what the registry pins them by.
ARG BUF_SHA512_AMD64=606189031d25a4c084eda3168cd38971fa04686fdefa26079d30b8499d0fe5e4b821f7ccaf203d678fdb6f59b5c0d5c0109f004c530464e024ff9c7d544e3b8a
ARG BUF_SHA512_ARM64=797f97ca8933243aac348168f1bd4edc306f6e792c3a8ccf257e1056c367eb526a494b56b29c9335e62ac20f254436a770c2fe6c3a9910314f0018c0b1509019
RUN set -eu; \
    case "$TARGETARCH" in \
      amd64) package=buf-linux-x64 sum=$BUF_SHA512_AMD64 ;; \
      arm64) package=buf-linux-aarch64 sum=$BUF_SHA512_ARM64 ;; \
      *) echo "no buf for the architecture '$TARGETARCH'" >&2; exit 1 ;; \
    esac; \
    wget -q -O /buf.tgz "$NPM_REGISTRY/@bufbuild/$package/-/$package-$BUF_VERSION.tgz"; \
    echo "$sum  /buf.tgz" | sha512sum -c -; \
    mkdir /tree; \
    tar -xzf /buf.tgz -C / package/bin/buf; \
    install -m 0755 /package/bin/buf /tree/buf; \
    rm -r /buf.tgz /package; \
    /tree/buf --version

FROM scratch AS built
COPY --from=compile /tree/ /
COPY --from=buf /tree/ /

FROM scratch AS prebuilt
ARG TARGETARCH
COPY dist/${TARGETARCH}/ /

FROM ${ASSEMBLED} AS assembled

# As root it is a container action: the runner's files for outputs and summaries are root's. It
# needs nothing of root, and runs as any user, without capabilities, on a read-only root with a
# writable /tmp.
FROM scratch AS runtime
ARG VERSION=
ARG REVISION=
ARG SOURCE=
LABEL org.opencontainers.image.title="protodiff" \
      org.opencontainers.image.description="Finds drift between the gRPC schemas that run on Kubernetes and the protobuf modules that clients are built from" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}"
COPY --from=assembled / /
ENV PROTODIFF_BUF=/buf
ENTRYPOINT ["/protodiff"]

// Renders a comment, a step's summary and an HTML report as pictures.
//   node pictures.mjs BINARY GITHUB-STAND-IN CHROMIUM INTO
// The report is a comparison of two fixture modules, with the names that a cluster would give. The
// comment is what `protodiff publish` posts to the stand-in for GitHub's API.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { marked } from 'marked';
import { chromium } from 'playwright-core';

const [binary, standIn, browserPath, into] = process.argv.slice(2);
const program = resolve(binary);
const folder = mkdtempSync(join(tmpdir(), 'protodiff-pictures-'));
const sha = '6f1c1a0b8c5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f';
const token = 'ghs_for-pictures-only';

cpSync('tests/fixtures/modules/shop', join(folder, 'proto'), { recursive: true });
cpSync('tests/fixtures/modules/shop-drifted', join(folder, 'shop'), { recursive: true });
const args = ['diff', '--live', 'shop', '--truth', 'proto', '--format'];
const diff = (format) => spawnSync(program, [...args, format], { encoding: 'utf8', cwd: folder }).stdout;
const named = diff('json').replaceAll('Source/shop', 'staging/Deployment/shop');
const report = JSON.parse(named);
const workload = report.workloads[0];
Object.assign(workload, { namespace: 'staging', kind: 'Deployment', name: 'shop' });
const [version] = workload.versions;
version.images = ['registry.example/shop:1.41'];
const [endpoint] = version.endpoints;
version.pods = ['shop-5d9c7b-2xk8p', 'shop-5d9c7b-7hq4m', 'shop-5d9c7b-zw9rt'];
version.endpoints = version.pods.map((pod) => ({ ...endpoint, pod, port: 50051, port_from: 'container port named grpc' }));
report.findings.forEach((finding) => (finding.pods = 3));
writeFileSync(join(folder, 'report.json'), JSON.stringify(report));

const github = spawn('node', [join(standIn, 'server.mjs')], { stdio: ['pipe', 'pipe', 'inherit'] });
const line = await new Promise((done) => createInterface({ input: github.stdout }).once('line', done));
const url = line.replace('listening on ', '');
const call = (name, body) => fetch(`${url}/_test/${name}`, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });
await call('repo', { full_name: 'acme/shop' });
await call('pull', { repo: 'acme/shop', number: 7, head_sha: sha });
await call('token', { token, permissions: { issues: 'write', pull_requests: 'write', checks: 'write' } });
writeFileSync(join(folder, 'event.json'), JSON.stringify({ pull_request: { number: 7, head: { sha, ref: 'change', repo: { full_name: 'acme/shop' } } } }));
spawnSync(program, ['publish', '--report', join(folder, 'report.json')], {
  env: {
    GITHUB_ACTIONS: 'true', GITHUB_API_URL: url, GITHUB_REPOSITORY: 'acme/shop', GITHUB_RUN_ID: '1841', GITHUB_SHA: sha,
    GITHUB_EVENT_NAME: 'pull_request', GITHUB_EVENT_PATH: join(folder, 'event.json'), PROTODIFF_GITHUB_TOKEN: token,
    GITHUB_STEP_SUMMARY: join(folder, 'summary.md'), RUNNER_TEMP: folder,
  },
});
const state = await (await fetch(`${url}/_test/state`)).json();
const comment = state.repos.find((it) => it.full_name === 'acme/shop').comments[0].body;
github.stdin.end();

// GitHub colours the lines of a diff; the renderer does not.
const coloured = (html) => html.replace(/<pre><code class="language-diff">([\s\S]*?)<\/code><\/pre>/g, (_, code) => {
  const kinds = { '+': 'add', '-': 'del', '!': 'chg' };
  const lines = code.split('\n').map((text) => (kinds[text[0]] ? `<span class="${kinds[text[0]]}">${text}</span>` : text));
  return `<pre><code>${lines.join('\n')}</code></pre>`;
});
const css = readFileSync(createRequire(import.meta.url).resolve('github-markdown-css/github-markdown-light.css'), 'utf8');
const page = (markdown) => `<!doctype html><meta charset="utf-8"><style>${css}
body{margin:0;padding:24px;background:#fff}.markdown-body{max-width:860px}
.box{border:1px solid #d0d7de;border-radius:6px}.head{background:#f6f8fa;border-bottom:1px solid #d0d7de;padding:8px 16px;font:14px sans-serif;color:#57606a}
.markdown-body.box>.text{padding:16px}.add{background:#dafbe1;color:#116329;display:inline-block;width:100%}.del{background:#ffebe9;color:#82071e;display:inline-block;width:100%}.chg{color:#953800}
</style><div class="markdown-body box"><div class="head"><b>github-actions</b> bot commented</div><div class="text">${coloured(marked.parse(markdown))}</div></div>`;

const html = diff('html').replaceAll('Source/shop', 'staging/Deployment/shop');
const browser = await chromium.launch({ executablePath: browserPath, args: ['--no-sandbox', '--disable-gpu', '--disable-quic'] });
const shoot = async (name, content, options = {}) => {
  const view = await browser.newPage({ viewport: { width: 920, height: 400 }, deviceScaleFactor: 1, ...options });
  await view.setContent(content);
  await view.screenshot({ path: join(into, `${name}.png`), clip: { x: 0, y: 0, width: 920, height: Math.min(1150, await view.evaluate('document.documentElement.scrollHeight')) }, fullPage: true });
  await view.close();
};
await shoot('comment', page(comment.slice(comment.indexOf('\n') + 1)));
await shoot('summary', page(readFileSync(join(folder, 'summary.md'), 'utf8')).replace('<b>github-actions</b> bot commented', 'staging summary'));
await shoot('html-light', html);
await shoot('html-dark', html, { colorScheme: 'dark' });
await browser.close();

// What all scripts share: the server, its requests, and what they are held to.
// URL, KEY and TOKEN come from the environment; LOAD_SECONDS, LOAD_RATE and LOAD_SLACK make a run longer, harder or more lenient.
import http from 'k6/http';
import exec from 'k6/execution';
import { check } from 'k6';
import { Counter } from 'k6/metrics';

export const url = __ENV.URL;
export const seconds = Number(__ENV.LOAD_SECONDS || 10);
export const rate = Number(__ENV.LOAD_RATE || 100); // requests a second at the height of a burst
const slack = Number(__ENV.LOAD_SLACK || 1); // how many times longer answers may take: the machine may be shared
export const services = Number(__ENV.SERVICES || 20);

export const perRequest = 10;
const accepted = new Counter('alerts_accepted');
const pushedBack = new Counter('alerts_pushed_back');

// Thresholds by the name that a request was tagged with. A run that misses one fails.
export const alertThresholds = {
  'http_req_duration{name:alerts}': [`p(95)<${500 * slack}`, `p(99)<${2000 * slack}`],
  'http_req_failed{name:alerts}': ['rate<0.01'],
  alerts_pushed_back: ['count==0'],
};
export const readThresholds = {
  'http_req_duration{name:list}': [`p(95)<${1000 * slack}`],
  'http_req_duration{name:incident}': [`p(95)<${1000 * slack}`],
  'http_req_failed{name:list}': ['rate==0'],
  'http_req_failed{name:incident}': ['rate==0'],
};

// burst is an open model, as senders are: requests come whether or not the last ones were answered.
export function burst() {
  const third = Math.max(1, Math.floor(seconds / 3));
  return {
    executor: 'ramping-arrival-rate',
    startRate: Math.ceil(rate / 10),
    timeUnit: '1s',
    preAllocatedVUs: 50,
    maxVUs: 300,
    gracefulStop: '30s',
    stages: [
      { target: Math.ceil(rate / 10), duration: `${third}s` },
      { target: rate, duration: '1s' },
      { target: rate, duration: `${third}s` },
      { target: Math.ceil(rate / 10), duration: '1s' },
      { target: Math.ceil(rate / 10), duration: `${third}s` },
    ],
    exec: 'send',
  };
}

// people look, read and look again.
export function people(n) {
  return { executor: 'constant-vus', vus: n, duration: `${seconds}s`, gracefulStop: '30s', exec: 'look' };
}

// send is one request of Alertmanager's, of alerts that were never sent before.
export function send() {
  sendFrom(exec.scenario.iterationInTest * perRequest);
}

// sendFrom sends the alerts from a number on.
export function sendFrom(first) {
  const startsAt = new Date().toISOString();
  const alerts = [];
  for (let i = 0; i < perRequest; i++) {
    const n = first + i;
    alerts.push({
      status: 'firing',
      labels: { alertname: 'HighErrorRate', service: `load-${n % services}`, environment: 'production', severity: 'critical', instance: `host-${n}` },
      annotations: { summary: 'Many requests fail', runbook_url: 'https://runbooks.example.org/high-error-rate' },
      startsAt, endsAt: '0001-01-01T00:00:00Z', generatorURL: 'http://prometheus.example.org:9090/graph', fingerprint: `load${n}`,
    });
  }
  const answer = http.post(`${url}/alerts`, JSON.stringify({ version: '4', status: 'firing', receiver: 'rouse', groupKey: '{}', alerts }), {
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${__ENV.KEY}` },
    tags: { name: 'alerts' },
  });
  if (answer.status === 503) {
    pushedBack.add(perRequest);
  }
  if (check(answer, { 'every alert is answered for': (a) => a.status === 202 && a.json('received') === perRequest })) {
    accepted.add(perRequest);
  }
}

const filters = ['', 'status=open', 'status=open,acknowledged', 'severity=critical', 'service=load-3', 'environment=production',
  'status=open&service=load-3', 'service=load-3&severity=critical', 'q=requests', 'q=nothing-like-it', 'sort=opened_at'];

function get(path, name) {
  return http.get(url + path, { headers: { Authorization: `Bearer ${__ENV.TOKEN}` }, tags: { name } });
}

// look loads a list as the UI does, and then one incident of it, with its story.
export function look() {
  const list = get(`/incidents?${filters[exec.scenario.iterationInTest % filters.length]}`, 'list');
  check(list, { 'a list is a list': (a) => a.status === 200 && Array.isArray(a.json('incidents')) });
  const incidents = list.status === 200 ? list.json('incidents') : [];
  if (incidents.length === 0) {
    return;
  }
  const id = incidents[exec.scenario.iterationInTest % incidents.length].id;
  for (const path of [`/incidents/${id}`, `/api/v1/incidents/${id}/timeline`]) {
    check(get(path, 'incident'), { 'an incident can be read': (a) => a.status === 200 });
  }
}

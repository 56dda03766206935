// Senders that burst: calm, ten times as much, calm.
import { alertThresholds, burst } from './rouse.js';

export { send } from './rouse.js';

export const options = { scenarios: { senders: burst() }, thresholds: { checks: ['rate>0.99'], ...alertThresholds } };

// Senders that burst while people look.
import { alertThresholds, burst, people, readThresholds } from './rouse.js';

export { look, send } from './rouse.js';

export const options = {
  scenarios: { senders: burst(), people: people(4) },
  thresholds: { checks: ['rate>0.99'], ...alertThresholds, ...readThresholds },
};

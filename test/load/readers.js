// People who load lists and incidents as fast as they are answered.
import { people, perRequest, readThresholds, sendFrom } from './rouse.js';

export { look } from './rouse.js';

export const options = { scenarios: { people: people(8) }, thresholds: { checks: ['rate==1'], ...readThresholds } };

// There is something to look at.
export function setup() {
  for (let i = 0; i < 20; i++) {
    sendFrom(i * perRequest);
  }
}

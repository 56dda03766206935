// Reads Adaptive Cards with Microsoft's own library, and says what it does not know in them. Each argument is a file.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

globalThis.window ??= globalThis // it is made for browsers
const { AdaptiveCard, SerializationContext, Versions } = createRequire(import.meta.url)('adaptivecards/dist/adaptivecards.js')

for (const file of process.argv.slice(2)) {
  const context = new SerializationContext(Versions.v1_4)
  const card = new AdaptiveCard()
  card.parse(JSON.parse(readFileSync(file, 'utf8')), context)
  for (let n = 0; n < context.eventCount; n++) console.log(`${file}: ${context.getEventAt(n).message}`)
  for (const e of card.validateProperties().validationEvents) console.log(`${file}: ${e.message}`)
}

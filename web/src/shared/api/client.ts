import { visible } from '@/shared/lib/visible'
import { client } from './gen/client.gen'
import { problemOf, unreached } from './problem'
import { reach } from './reach'
import { toSignIn } from './sign-in'

client.setConfig({ baseUrl: '' })

client.interceptors.response.use((response) => {
  if (response.ok) reach.heard(true)
  // Here, before it is read, and so wherever it is shown.
  const text = response.text.bind(response)
  response.text = async () => visible(await text())
  return response
})

client.interceptors.error.use((error, response) => {
  const problem = problemOf(error, response)
  // What is not wanted any more is given up by the page itself.
  if (!(error instanceof Error && error.name === 'AbortError')) reach.heard(!unreached(problem))
  if (problem.status === 401) toSignIn('ended')
  return problem
})

export * from './gen/sdk.gen'
export type * from './gen/types.gen'

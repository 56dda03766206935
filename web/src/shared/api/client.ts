import { visible } from '@/shared/lib/visible'
import { client } from './gen/client.gen'
import { problemOf } from './problem'
import { reach } from './reach'
import { toSignIn } from './sign-in'

client.setConfig({ baseUrl: '' })

client.interceptors.response.use((response) => {
  reach.heard(true)
  // Here, before it is read, and so wherever it is shown.
  const text = response.text.bind(response)
  response.text = async () => visible(await text())
  return response
})

client.interceptors.error.use((error, response) => {
  const problem = problemOf(error, response)
  // What is not wanted any more is given up by the page itself.
  if (problem.status === 0 && !(error instanceof Error && error.name === 'AbortError')) reach.heard(false)
  if (problem.status === 401) toSignIn('ended')
  return problem
})

export * from './gen/sdk.gen'
export type * from './gen/types.gen'

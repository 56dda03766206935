import { visible } from '@/shared/lib/visible'
import { client } from './gen/client.gen'
import { problemOf } from './problem'

client.setConfig({ baseUrl: '' })

// Here, before it is read, and so wherever it is shown.
client.interceptors.response.use((response) => {
  const text = response.text.bind(response)
  response.text = async () => visible(await text())
  return response
})

client.interceptors.error.use((error, response) => {
  const problem = problemOf(error, response)
  // The session is over: sign in, and come back here.
  if (problem.status === 401 && location.pathname !== '/sign-in') {
    location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`)
  }
  return problem
})

export * from './gen/sdk.gen'
export type * from './gen/types.gen'

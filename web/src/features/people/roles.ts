export const roleOptions = [
  { value: 'viewer', text: 'viewer: looks on' },
  { value: 'responder', text: 'responder: answers incidents, too' },
  { value: 'admin', text: 'admin: changes what people own, too' },
]

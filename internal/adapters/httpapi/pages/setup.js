// The zone in which this browser is; who knows better writes another. One that there is not is said before anything is
// sent: the page that comes back has lost the password.
const zone = document.querySelector('[name=time_zone]')
const known = () => {
  try {
    return zone.value === '' || Intl.DateTimeFormat('en', { timeZone: zone.value }) !== undefined
  } catch {
    return false
  }
}
if (zone) {
  if (zone.value === '') zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone
  zone.addEventListener('input', () => zone.setCustomValidity(known() ? '' : 'There is no such time zone. They are named like Europe/Madrid.'))
}

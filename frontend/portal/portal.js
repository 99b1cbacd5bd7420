// Everything on the portal works without this file; it only saves page loads.
import htmx from 'htmx.org'
import '../shared/look.js'

htmx.config.allowEval = false
htmx.config.includeIndicatorStyles = false
htmx.config.selfRequestsOnly = true
htmx.config.historyCacheSize = 0 // pages of accounts hold personal data: nothing of them stays in the browser's storage
window.htmx = htmx

// suggestions under the address field: arrows walk, Escape closes
document.addEventListener('keydown', event => {
  const box = event.target.closest?.('.st-find')
  if (!box) return
  const hits = box.querySelector('.st-hits')
  const links = [...(hits?.querySelectorAll('a') ?? [])]
  if (event.key === 'Escape') {
    hits.replaceChildren()
    box.querySelector('input').focus()
  } else if (links.length && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
    event.preventDefault()
    const next = links.indexOf(document.activeElement) + (event.key === 'ArrowDown' ? 1 : -1)
    next < 0 ? box.querySelector('input').focus() : links[Math.min(next, links.length - 1)].focus()
  }
})
document.addEventListener('focusout', event => {
  const box = event.target.closest?.('.st-find')
  if (box && event.relatedTarget && !box.contains(event.relatedTarget)) box.querySelector('.st-hits')?.replaceChildren()
})

// «Откуда сумма?»: the explanation unfolds under its line; a second press folds it again
const region = link => document.querySelector(link.getAttribute('hx-target'))
document.addEventListener('htmx:beforeRequest', event => {
  const link = event.target.closest?.('[data-unfold]')
  if (!link) return
  if (region(link).childElementCount) {
    event.preventDefault()
    region(link).replaceChildren()
    link.setAttribute('aria-expanded', 'false')
  }
})
document.addEventListener('htmx:afterSwap', event => {
  const link = event.detail.requestConfig?.elt?.closest?.('[data-unfold]')
  if (link) link.setAttribute('aria-expanded', 'true')
})
// a part that cannot be had (session ended, server gone) is opened as a page, which says why
document.addEventListener('htmx:responseError', event => {
  const link = event.detail.elt?.closest?.('[data-unfold]')
  if (link) location.href = link.href
})

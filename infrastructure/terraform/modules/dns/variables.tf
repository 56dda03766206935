variable "name" { type = string }
variable "location" { type = string }
variable "resource_group" { type = string }
variable "oidc_issuer_url" { type = string }
variable "tags" { type = map(string) }

variable "zone" {
  description = "The domain, whose parent delegates to this zone's name servers."
  type        = string
}

variable "certificate_authority" {
  description = "Who alone may give certificates for names of the zone."
  type        = string
  default     = "letsencrypt.org"
}

variable "records" {
  description = "Addresses by name, for what external-dns does not write."
  type        = map(list(string))
  default     = {}
}

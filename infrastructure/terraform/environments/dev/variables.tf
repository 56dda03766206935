variable "location" { type = string }
variable "suffix" { type = string }
variable "zone" { type = string }
variable "admin_groups" { type = list(string) }
variable "api_allow" { type = list(string) }
variable "operators" { type = list(string) }
variable "tell" { type = list(string) }

variable "senders" {
  type    = list(string)
  default = []
}

variable "postgres_password" {
  type      = string
  sensitive = true
  ephemeral = true
}

variable "secret_variables" {
  type    = set(string)
  default = []
}

variable "secrets" {
  type      = map(string)
  default   = {}
  sensitive = true
  ephemeral = true
}

variable "secrets_version" {
  type    = number
  default = 1
}

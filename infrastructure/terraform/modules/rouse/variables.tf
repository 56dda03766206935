variable "environment" {
  description = "dev or prod: the end of names."
  type        = string
  validation {
    condition     = can(regex("^[a-z]{2,6}$", var.environment))
    error_message = "environment: two to six small letters."
  }
}

variable "location" {
  description = "Region of Azure, one with availability zones."
  type        = string
}

variable "suffix" {
  description = "Three to eight small letters and digits that make names unique in all of Azure."
  type        = string
  validation {
    condition     = can(regex("^[a-z0-9]{3,8}$", var.suffix))
    error_message = "suffix: three to eight small letters and digits."
  }
}

variable "zone" {
  description = "The domain under which Rouse is, e.g. oncall.example.org; its parent delegates to the name servers that come out."
  type        = string
}

variable "network" { type = string }
variable "zones" { type = list(string) }
variable "kubernetes_version" { type = string }
variable "sku_tier" { type = string }
variable "system_pool" { type = object({ vm_size = string, min = number, max = number }) }
variable "apps_pool" { type = object({ vm_size = string, min = number, max = number }) }
variable "log_days" { type = number }

variable "admin_groups" {
  description = "Groups of Entra ID that administer the cluster."
  type        = list(string)
}

variable "api_allow" {
  description = "Networks that may reach the cluster's API."
  type        = list(string)
}

variable "operators" {
  description = "Addresses from which Terraform is run: they reach key vault and storage."
  type        = list(string)
}

variable "senders" {
  description = "Networks that may send alerts; empty: everybody who has a key."
  type        = list(string)
  default     = []
}

variable "tell" {
  description = "Addresses of mail that hear when Rouse itself is not well."
  type        = list(string)
}

variable "postgres" {
  type = object({ sku_name = string, storage_mb = number, high_availability = bool, geo_backup = bool, backup_days = number })
}

variable "storage" {
  type = object({
    replication = string
    locked      = bool
    containers  = map(object({ immutable_days = number, cool_days = number, delete_days = number }))
  })
}

variable "replicas" {
  description = "Servers of Rouse, from and to."
  type        = object({ min = number, max = number })
}

variable "namespace" {
  type    = string
  default = "oncall"
}

variable "postgres_password" {
  description = "Of the database's user. It is not kept in the state."
  type        = string
  sensitive   = true
  ephemeral   = true
  validation {
    condition     = length(var.postgres_password) >= 24
    error_message = "postgres_password: 24 characters or more."
  }
}

variable "secret_variables" {
  description = "Names of the further secrets: variables of Rouse's settings, such as ROUSE_SMTP_URL."
  type        = set(string)
  default     = []
}

variable "secrets" {
  description = "Their values. They are not kept in the state."
  type        = map(string)
  default     = {}
  sensitive   = true
  ephemeral   = true
}

variable "secrets_version" {
  description = "Raise it to write passwords and secrets anew."
  type        = number
  default     = 1
}

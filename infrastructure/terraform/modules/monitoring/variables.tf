variable "name" { type = string }
variable "location" { type = string }
variable "resource_group" { type = string }
variable "log_days" { type = number }
variable "tags" { type = map(string) }

variable "tell" {
  description = "Addresses of mail that are told when Rouse itself is not well."
  type        = list(string)
  validation {
    condition     = length(var.tell) > 0
    error_message = "tell: somebody must hear of it when Rouse is not well, by another way than Rouse."
  }
}

variable "rules" {
  description = "The file of Prometheus' rules."
  type        = string
}
